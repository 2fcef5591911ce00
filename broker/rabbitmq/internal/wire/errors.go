package wire

import (
	"errors"
	"fmt"
)

// A Code is the server's answer to a request.
type Code uint16

// The codes that a caller tells apart.
const (
	OK                    Code = 1
	StreamDoesNotExist    Code = 2
	StreamExists          Code = 5
	StreamNotAvailable    Code = 6
	AuthenticationFailure Code = 8
	LoopbackOnly          Code = 11
	VirtualHostRefused    Code = 12
	FrameTooLarge         Code = 14
	InternalError         Code = 15
	AccessRefused         Code = 16
	PreconditionFailed    Code = 17
)

func (c Code) String() string {
	switch c {
	case StreamDoesNotExist:
		return "the stream doesn't exist"
	case StreamExists:
		return "the stream exists"
	case StreamNotAvailable:
		return "the stream isn't available"
	case AuthenticationFailure:
		return "authentication failed"
	case LoopbackOnly:
		return "the user may connect from the server's own machine only"
	case VirtualHostRefused:
		return "the user may not enter the virtual host, or there is none"
	case FrameTooLarge:
		return "the frame is too large"
	case InternalError:
		return "internal error"
	case AccessRefused:
		return "access refused"
	case PreconditionFailed:
		return "precondition failed"
	}
	return fmt.Sprintf("code %d", uint16(c))
}

// An Error is an answer of the server that isn't OK.
type Error struct {
	// Doing says what was asked for.
	Doing string
	Code  Code
}

func (e *Error) Error() string { return e.Doing + ": " + e.Code.String() }

// Is reports whether err is an answer of the server with the code given.
func Is(err error, code Code) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}

// ErrLost marks the error of a connection that has broken, and of a stream that the server has moved to another node:
// who connects again may go on.
var ErrLost = errors.New("the connection to RabbitMQ is lost")

// errClosed says that the connection was closed by this side.
var errClosed = errors.New("the connection is closed")

// errGone says that the server has moved or removed a stream.
var errGone = fmt.Errorf("%w: the stream was moved to another node, or deleted", ErrLost)
