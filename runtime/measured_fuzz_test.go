package taskqueue

import "testing"

// FuzzReadKinds: what another worker's row holds is read or refused.
func FuzzReadKinds(f *testing.F) {
	f.Add([]byte{metricsForm})
	f.Add([]byte{metricsForm, 1, 'q', 1, 'k', 1, 2, 3, 4, 5, 0, 0, 0})
	f.Add([]byte{metricsForm, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, row []byte) {
		kinds, err := readKinds(row)
		if err == nil && len(kinds) > len(row) {
			t.Errorf("%d kinds of %d bytes", len(kinds), len(row))
		}
	})
}
