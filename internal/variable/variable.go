// Package variable reads variables, such as the fields of a struct, by where they lie in memory, for what knows that of a type.
package variable

import "unsafe"

// In returns the pointer that an interface holds. It is the second word there; reflect finds it, too, but by a longer way.
func In(element any) unsafe.Pointer { return (*[2]unsafe.Pointer)(unsafe.Pointer(&element))[1] }

// Unsigned returns the bits of a variable of one, two, four or eight bytes, with zeros before them.
func Unsigned(at unsafe.Pointer, size uintptr) uint64 {
	switch size {
	case 1:
		return uint64(*(*uint8)(at))
	case 2:
		return uint64(*(*uint16)(at))
	case 4:
		return uint64(*(*uint32)(at))
	}
	return *(*uint64)(at)
}

// Signed returns a whole number of so many bytes that may have a sign.
func Signed(at unsafe.Pointer, size uintptr) int64 {
	unused := 64 - 8*size
	return int64(Unsigned(at, size)<<unused) >> unused
}
