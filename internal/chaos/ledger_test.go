package chaos

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestLedger(t *testing.T) {
	dir := t.TempDir()
	var writers sync.WaitGroup
	for actor := range 3 {
		l, err := OpenLedger(dir, fmt.Sprintf("actor%d", actor))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		for hand := range 4 {
			writers.Go(func() {
				for n := range 50 {
					if err := l.Write(Record{Event: Began, ID: fmt.Sprintf("%d.%d.%d", actor, hand, n), Token: 1}); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	writers.Wait()
	records, err := ReadLedgers(dir)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for i, r := range records {
		ids[r.ID] = true
		if i > 0 && r.At.Before(records[i-1].At) {
			t.Errorf("record %d is older than the one before", i)
		}
		if r.Actor != "actor"+r.ID[:1] || r.Event != Began || r.Token != 1 {
			t.Errorf("record %d: %+v", i, r)
		}
	}
	if len(records) != 600 || len(ids) != 600 {
		t.Errorf("%d records of %d tasks, want 600", len(records), len(ids))
	}
}

func TestTornLedger(t *testing.T) {
	whole := `{"At":"2026-01-01T00:00:00Z","Actor":"a","Event":"up"}` + "\n"
	for _, tt := range []struct {
		name, text string
		records    int
		bad        bool
	}{
		{"empty", "", 0, false},
		{"whole", whole + whole, 2, false},
		{"the last record is torn", whole + whole[:20], 1, false},
		{"another one is torn", whole[:20] + "\n" + whole, 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "a"+ledgerSuffix), []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			records, err := ReadLedgers(dir)
			if len(records) != tt.records || (err != nil) != tt.bad {
				t.Errorf("%d records, %v", len(records), err)
			}
		})
	}
}

func TestLedgerIsNotSharedBetweenActors(t *testing.T) {
	dir := t.TempDir()
	l, err := OpenLedger(dir, "a")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := OpenLedger(dir, "a"); err == nil {
		t.Error("two actors write one ledger")
	}
}
