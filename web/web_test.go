package web

import (
	"io/fs"
	"strings"
	"testing"
)

func TestFS_TellsWhetherThereIsAPage(t *testing.T) {
	page, ok := FS()
	_, err := fs.Stat(dist, "dist/app/index.html")
	if built := err == nil; ok != built {
		t.Fatalf("FS() ok = %v, but dist/app/index.html present = %v", ok, built)
	}
	if !ok {
		if page != nil {
			t.Fatal("FS() returned a file system together with false")
		}
		return
	}
	index, err := fs.ReadFile(page, "index.html")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(index), "<style") {
		t.Error("index.html holds an inline style element, which ContentSecurityPolicy forbids")
	}
	for _, tag := range strings.Split(string(index), "<script")[1:] {
		if head, _, _ := strings.Cut(tag, ">"); !strings.Contains(head, "src=") {
			t.Errorf("index.html holds an inline script, which ContentSecurityPolicy forbids: <script%s>", head)
		}
	}
}

func TestFS_ReadmeIsAlwaysThere(t *testing.T) {
	if _, err := fs.Stat(dist, "dist/README"); err != nil {
		t.Fatal("dist/README keeps the package compiling on a clean clone:", err)
	}
}
