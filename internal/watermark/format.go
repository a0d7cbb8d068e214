package watermark

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"

	"harang.dev/harang/internal/outbox"
)

// decode reads a file's text: the heads of all tenants, then the heads that
// advanced, in that order. An empty or torn text is an error, besides what could
// be read.
func decode(text []byte) (map[string]outbox.Heads, error) {
	lines := json.NewDecoder(bytes.NewReader(text))
	var all []outbox.Heads
	err := lines.Decode(&all)
	for err == nil {
		var h outbox.Heads
		if err = lines.Decode(&h); err == nil {
			all = append(all, h)
		}
	}
	latest := make(map[string]outbox.Heads, len(all))
	for _, h := range all {
		latest[h.Tenant] = latest[h.Tenant].Merge(h)
	}
	if errors.Is(err, io.EOF) && len(text) > 0 {
		err = nil
	}
	return latest, err
}

// appendLines appends a line for each of the heads, in one write.
func appendLines(file *os.File, heads []outbox.Heads) error {
	var text []byte
	for _, h := range heads {
		line, err := json.Marshal(h)
		if err != nil {
			return err
		}
		text = append(append(text, line...), '\n')
	}
	_, err := file.Write(text)
	return err
}

// write replaces the file by one that is on the disk. It waits for the disk
// without the lock, because commits wait for record.
func (f *File) write(heads []outbox.Heads) error {
	text, err := json.Marshal(heads)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(f.path), ".heads-*")
	if err != nil {
		return err
	}
	_, err = file.Write(append(text, '\n'))
	err = errors.Join(err, file.Sync())
	if err == nil {
		err = f.replace(file, heads)
	}
	if err != nil {
		return errors.Join(err, file.Close(), os.Remove(file.Name()))
	}
	return nil
}

// replace renames file, which has these heads, over the present one. It first
// appends what was recorded since the heads were read.
func (f *File) replace(file *os.File, heads []outbox.Heads) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := make(map[string]outbox.Heads, len(heads))
	for _, h := range heads {
		known[h.Tenant] = h
	}
	var later []outbox.Heads
	for tenant, h := range f.delivered {
		if h = known[tenant].Merge(h); h != known[tenant] {
			known[tenant] = h
			later = append(later, h)
		}
	}
	if len(later) > 0 {
		if err := appendLines(file, later); err != nil {
			return err
		}
	}
	if err := os.Rename(file.Name(), f.path); err != nil {
		return err
	}
	if f.file != nil {
		_ = f.file.Close() // nothing reads it any more
	}
	f.file, f.recorded, f.lines, f.unsynced, f.torn = file, known, len(later), len(later) > 0, false
	return nil
}
