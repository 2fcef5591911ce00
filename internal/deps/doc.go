// Package deps holds no code, but the tests of what programs that use Leat carry with them: which packages they are
// built of, and how large they are. A dependency that comes or goes is a change of a list in testdata, where a review
// sees it.
package deps
