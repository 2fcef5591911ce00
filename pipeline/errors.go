package pipeline

import (
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/lookup"
)

// An Error says what is wrong with a pipeline file, and where. [errors.As] finds it in what Load and Parse return.
//
// File is the file's name as it was given. Line and Column say where in it, both from one; Column counts characters.
// Message says what is wrong and, where that is known, what would be right. Source is the line of the file that Line
// names. The method Error returns the location and the message, in one line, and Excerpt the line of the file with a
// caret below the column, in two lines.
type Error = description.Error

// An ArgumentError says that what was asked for doesn't fit the pipeline: there is no such stream, or its keys are of
// another kind. Err is the cause, which it unwraps to.
type ArgumentError = lookup.ArgumentError
