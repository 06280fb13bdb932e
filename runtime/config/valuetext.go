package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// truth is a bool.
type truth[C any] struct{ field func(*C) *bool }

func (v truth[C]) parse(text string) node {
	switch strings.ToLower(text) {
	case "true", "yes", "on", "1":
		return node{kind: truthNode, truth: true}
	case "false", "no", "off", "0":
		return node{kind: truthNode}
	}
	return textOf(text)
}

func (v truth[C]) store(c *C, n node) error {
	if n.kind != truthNode {
		return wrongKind(n, "true or false")
	}
	*v.field(c) = n.truth
	return nil
}

func (v truth[C]) check(*C) error   { return nil }
func (v truth[C]) show(c *C) string { return strconv.FormatBool(*v.field(c)) }
func (v truth[C]) shape() shape     { return shape{kind: "boolean", limits: "true or false"} }

// text is a string that follows a rule.
type text[C any] struct {
	field  func(*C) *string
	rule   func(string) error
	limits string
	words  []string // the only ones, if there are any
	hide   func(string) string
}

func (v text[C]) parse(text string) node { return textOf(text) }

func (v text[C]) store(c *C, n node) error {
	if n.kind != textNode {
		return fmt.Errorf("%v was found where text is needed", n.kind)
	}
	*v.field(c) = n.text
	return v.check(c)
}

func (v text[C]) check(c *C) error {
	s := *v.field(c)
	if v.rule != nil {
		return v.rule(s)
	}
	if slices.Contains(v.words, s) {
		return nil
	}
	return fmt.Errorf("%q is none of %s%s", s, strings.Join(v.words, ", "), didYouMean(s, v.words))
}

func (v text[C]) show(c *C) string {
	if v.hide != nil {
		return v.hide(*v.field(c))
	}
	return *v.field(c)
}

func (v text[C]) shape() shape {
	limits := v.limits
	if limits == "" {
		limits = strings.Join(v.words, ", ")
	}
	return shape{kind: "string", limits: limits, words: v.words}
}

// list is a []string whose items follow a rule, none of them twice.
type list[C any] struct {
	field  func(*C) *[]string
	rule   func(string) error
	name   func(string) string // of an item: what must not be there twice
	limits string
}

func (v list[C]) parse(text string) node {
	n := node{kind: listNode}
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			n.list = append(n.list, textOf(item))
		}
	}
	return n
}

func (v list[C]) store(c *C, n node) error {
	if n.kind != listNode {
		return wrongKind(n, "a list")
	}
	var items []string
	for _, item := range n.list {
		if item.kind != textNode {
			return wrongKind(item, "text")
		}
		items = append(items, item.text)
	}
	*v.field(c) = items
	return v.check(c)
}

func (v list[C]) check(c *C) error {
	var names []string
	for _, item := range *v.field(c) {
		if err := v.rule(item); err != nil {
			return err
		}
		name := v.name(item)
		if slices.Contains(names, name) {
			return fmt.Errorf("%q is listed twice", name)
		}
		names = append(names, name)
	}
	return nil
}

func (v list[C]) show(c *C) string { return strings.Join(*v.field(c), ",") }
func (v list[C]) shape() shape     { return shape{kind: "array", limits: v.limits} }
