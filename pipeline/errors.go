package pipeline

import "github.com/leat-go/leat/pipeline/internal/description"

// An Error says what is wrong with a pipeline file, and where. [errors.As] finds it in what Load and Parse return.
//
// File is the file's name as it was given. Line and Column say where in it, both from one; Column counts characters. Message says
// what is wrong and, where that is known, what would be right. Source is the line of the file that Line names. The method Error
// returns the location and the message, in one line, and Excerpt the line of the file with a caret below the column, in two lines.
type Error = description.Error
