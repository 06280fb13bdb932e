package codegen

import "log/slog"

// LogPointer is an attribute with what a pointer points to, which says itself how
// it is shown.
func LogPointer[T slog.LogValuer](name string, p *T) slog.Attr {
	if p == nil {
		return slog.Any(name, nil)
	}
	return slog.Attr{Key: name, Value: (*p).LogValue()}
}
