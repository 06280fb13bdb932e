// Package webtest holds the tests of runtime/web that need a browser or other
// people's parsers. They are apart since `go mod tidy` of a program downloads what
// the tests of the packages need that it imports.
package webtest
