// Package model is what the generator knows of a program once it has been read:
// packages, their tasks, the structs that travel on the wire, and the types of
// their fields. It is all that the later stages (check, codec, render, lock)
// see; it knows neither syntax trees nor go/types.
//
// A model is written once, by package build, and only read afterwards.
package model
