// Command newcomer does what README.md and docs/first-task.md tell a newcomer to do,
// line by line, in an empty folder with empty caches, and holds what is printed
// against what the pages say:
//
//	go run ./internal/newcomer
//
// The module comes from this checkout, by a file:// module proxy that is asked before
// the configured ones; no sum is checked for it, as no server has ever seen it. With
// -warm other modules come from this machine's module cache, and what was built stays.
//
// How a page is read:
//
//   - A block marked sh is typed line by line in one folder; cd holds. A line that ends
//     with & goes on in the background until the end. In a block marked "sh fails" the
//     last line must fail.
//   - A block without a mark after one marked sh is what its last line prints, each
//     line somewhere in the output; "…" stands for anything.
//   - A block of Go is the file that the text before it names last, in backquotes with a
//     colon behind: `main.go`:
package main
