package config

import (
	"strings"
	"testing"
)

// FuzzRedacted: whatever a URL of Redis looks like, what stands before an @ or in a
// parameter about passwords is not shown.
func FuzzRedacted(f *testing.F) {
	for _, s := range []string{"", "hunter", "a:b", "a/b", "a?b", "a#b", "%zz", "a,b", "[", "\n"} {
		f.Add(s, "redis")
		f.Add(s, "rediss+cluster")
		f.Add(s, "mem")
	}
	f.Fuzz(func(t *testing.T, password, scheme string) {
		secret := "s3cr3t" + password + "s3cr3t"
		if strings.Contains(scheme, "s3cr3t") {
			return
		}
		for _, url := range []string{
			scheme + "://user:" + secret + "@host", scheme + "://" + secret + "@host:1/2", scheme + "://a," + secret + "@b/m",
			scheme + "://host?sentinel_password=" + secret, scheme + "://host/0?a=b&password=" + secret,
		} {
			if strings.ContainsAny(password, "&;#?@") && strings.Contains(url, "password=") {
				continue // no longer of that parameter
			}
			if got := Redacted(url); strings.Contains(got, "s3cr3t") {
				t.Errorf("%q is shown as %q", url, got)
			}
		}
	})
}
