package auth

import (
	"slices"
	"strings"
	"testing"
)

func TestCommonPasswords(t *testing.T) {
	list := commonPasswords()
	if len(list) < 40_000 || !slices.IsSorted(list) {
		t.Fatalf("%d passwords, sorted %v", len(list), slices.IsSorted(list))
	}
	for _, password := range []string{
		"password", "PassWord", "password1", "Password1!", "dragon2024", "12345678", "qwertyuiop", "jelszo123",
		"iloveyou", "trustno1", "11111111", "monkey!!", "ﬃ123456789"[len("ﬃ"):],
		" password", "pass word 1", "p\u00a0a s s w o r d", "pass\u200bword", "ｐａｓｓｗｏｒｄ", "ＰＡＳＳＷＯＲＤ１２",
	} {
		if !isCommon(password) {
			t.Errorf("%q is allowed", password)
		}
	}
	for _, password := range []string{
		"harang-demo", "saját jelszavam", "correct horse battery", "password is long enough", "dragon73482914",
		"xk29dkq1", "ötvenhat kétszáz", "", "\xff\xff", "🔔🔔🔔🔔🔔🔔🔔🔔", strings.Repeat("9", 256),
	} {
		if isCommon(password) {
			t.Errorf("%q is refused", password)
		}
	}
}

func TestIsRun(t *testing.T) {
	for password, want := range map[string]bool{
		"aaaaaaaa": true, "        ": true, "🔔🔔🔔🔔🔔🔔🔔🔔": true, "abcdefgh": true, "87654321": true, "íííííííí": true,
		"aaaaaaab": false, "abcdefgi": false, "acegikmo": false, "12344321": false, "harang-demo": false,
		"": false, "a": false,
	} {
		if isRun(password) != want {
			t.Errorf("%q is a run: %v", password, !want)
		}
	}
}

func TestIsMadeOf(t *testing.T) {
	names := []string{"budapest", "Budapesti Gépkölcsönző Kft.", "Nagy-Kiss Őrs", "o.kiss", ""}
	for _, password := range []string{
		"budapest", "BUDAPEST2026!", "nagykissőrs", "NagyKissOrs1985", "őrs nagy kiss", "Gepkolcsonzo",
		"gépkölcsönző99999", "o.kiss.o.kiss", "kissbudapest", "budapestabc",
	} {
		if !isMadeOf(password, names) {
			t.Errorf("%q is allowed", password)
		}
	}
	for _, password := range []string{
		"budapestabcd", "kisscicám", "harang-demo", "12345678", "", "nagyon hosszú", "\xffkiss\xffxyz\xffv",
		"okos jelszó",
	} {
		if isMadeOf(password, names) {
			t.Errorf("%q is refused", password)
		}
	}
}

func TestDeviceOf(t *testing.T) {
	for userAgent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0": "Firefox, Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 " +
			"Safari/537.36 Edg/131.0.2903.86": "Edge, Windows",
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile " +
			"Safari/537.36": "Chrome, Android",
		"curl/8.5.0": "curl", "": "", "((;;))": "", "\xff\xfe": "", "a\u202eb/1": "", "x\x00y/1": "",
		strings.Repeat("é", 9000): strings.Repeat("é", maxDeviceRunes),
	} {
		if got := deviceOf(userAgent); got != want {
			t.Errorf("%.80q: %q, want %q", userAgent, got, want)
		}
	}
}

func FuzzDeviceOf(f *testing.F) {
	f.Add("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0")
	f.Add("((;;))")
	f.Fuzz(func(t *testing.T, userAgent string) {
		if got := deviceOf(userAgent); len([]rune(got)) > 2*maxDeviceRunes+2 {
			t.Errorf("%d characters", len([]rune(got)))
		}
	})
}

func FuzzCheckUncommon(f *testing.F) {
	f.Add("Password1!", "Kiss Eszter")
	f.Fuzz(func(_ *testing.T, password, name string) { _ = checkUncommon("password", password, name) })
}
