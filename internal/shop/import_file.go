package shop

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	utf16 "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/unicode/norm"

	"harang.dev/harang"
)

// MaxImportBytes is the size of an import file.
const MaxImportBytes = 4 << 20

const (
	// maxImportProblems is how many problems of a file are described; the others are only counted.
	maxImportProblems = 1000
	// maxImportLines and maxImportColumns are how many of each a file may have, maxHeaderBytes and maxLineBytes how
	// long its header and its other lines may be.
	maxImportLines   = 100_000
	maxImportColumns = 100
	maxHeaderBytes   = 8 << 10
	maxLineBytes     = 64 << 10
	// maxProblemRunes is how long the column and the detail of a problem are: both may quote the file.
	maxProblemRunes = 300
)

// ImportProblem is an error in one cell of a file.
type ImportProblem struct {
	// Line is the line of the file, from 1.
	Line int
	// Column is the column's name, or "file" when the line cannot be read at all.
	Column string
	Detail string
}

// ImportProblems are the errors of a file.
type ImportProblems struct {
	// First are at most a thousand, by line.
	First []ImportProblem
	// More is how many others there are.
	More int
}

func (p *ImportProblems) add(line int, column, detail string) {
	if len(p.First) == maxImportProblems {
		p.More++
		return
	}
	p.First = append(p.First, ImportProblem{line, shorten(column), shorten(detail)})
}

// shorten cuts a text to maxProblemRunes.
func shorten(text string) string {
	if runes := []rune(text); len(runes) > maxProblemRunes {
		return string(runes[:maxProblemRunes-1]) + "…"
	}
	return text
}

// count returns how many there are.
func (p *ImportProblems) count() int { return len(p.First) + p.More }

// addf is add for a detail that is worth formatting only when it is kept.
func (p *ImportProblems) addf(line int, column, format string, args ...any) {
	if len(p.First) == maxImportProblems {
		p.More++
		return
	}
	p.add(line, column, fmt.Sprintf(format, args...))
}

func (p *ImportProblems) sort() {
	slices.SortStableFunc(p.First, func(a, b ImportProblem) int { return cmp.Compare(a.Line, b.Line) })
}

// Err returns the problems as INVALID_REQUEST with a field "line 7, quantity" each; nil when there is none.
func (p *ImportProblems) Err() error {
	if len(p.First) == 0 {
		return nil
	}
	fields := make([]harang.FieldError, len(p.First))
	for i, f := range p.First {
		fields[i] = harang.FieldError{Field: fmt.Sprintf("line %d, %s", f.Line, f.Column), Detail: f.Detail}
	}
	return harang.Invalid(fields...)
}

// stated is a value of a file with the line that has it first.
type stated[V any] struct {
	line  int
	value V
}

// or returns the stated value, the present one when the file does not state any.
func (s *stated[V]) or(present V) V {
	if s == nil {
		return present
	}
	return s.value
}

// wantedProduct are the stated values of a product; nil keeps the present one. One of them is not nil.
type wantedProduct struct {
	name     *stated[string]
	price    *stated[int64]
	barcodes *stated[string] // separated by spaces
}

// first is the first line that states one of the values.
func (w wantedProduct) first() int {
	var lines []int
	if w.name != nil {
		lines = append(lines, w.name.line)
	}
	if w.price != nil {
		lines = append(lines, w.price.line)
	}
	if w.barcodes != nil {
		lines = append(lines, w.barcodes.line)
	}
	return slices.Min(lines)
}

// change is what the values do to the product with an id.
func (w wantedProduct) change(id string, now harang.Product) ProductChange {
	change := ProductChange{ID: id}
	if w.name != nil {
		change.Name = new(named(w.name.value, now.Name))
	}
	if w.price != nil {
		change.DailyPrice = &w.price.value
	}
	if w.barcodes != nil {
		change.Barcodes = new(strings.Fields(named(w.barcodes.value, strings.Join(now.Barcodes, " "))))
	}
	return change
}

// wantedPartner are the stated values of a partner; nil keeps the present one. One of them is not nil.
type wantedPartner struct {
	name, phone, email, note *stated[string]
}

// first is the first line that states one of the values.
func (w wantedPartner) first() int {
	var lines []int
	for _, value := range []*stated[string]{w.name, w.phone, w.email, w.note} {
		if value != nil {
			lines = append(lines, value.line)
		}
	}
	return slices.Min(lines)
}

// change is what the values do to the partner with an id.
func (w wantedPartner) change(id string, now harang.Partner) PartnerChange {
	change := PartnerChange{ID: id}
	for _, f := range []struct {
		field   **string
		stated  *stated[string]
		present string
	}{
		{&change.Name, w.name, now.Name}, {&change.Phone, w.phone, now.Phone}, {&change.Email, w.email, now.Email},
		{&change.Note, w.note, now.Note},
	} {
		if f.stated != nil {
			*f.field = new(named(f.stated.value, f.present))
		}
	}
	return change
}

// wantedStock are the values of a stock item that a line states; nil keeps the present one.
type wantedStock struct {
	line                        int
	quantity, warning, critical *stated[int64]
}

type stockKey struct{ product, location string }

// importRow is a line of the file with the things that it names; "" for none.
type importRow struct {
	line                       int
	location, partner, product string
	stock                      bool // the stock of product at location
}

// importFile is the content of an import.
type importFile struct {
	rows      []importRow
	locations map[string]*stated[string] // names
	partners  map[string]wantedPartner
	products  map[string]wantedProduct
	stock     map[stockKey]wantedStock
	problems  ImportProblems
	cells     map[string]string // of the line that is read, by column
}

const importColumns = "productId, productName, dailyPrice, barcodes, locationId, locationName, partnerId, " +
	"partnerName, partnerPhone, partnerEmail, partnerNote, quantity, warningThreshold, criticalThreshold"

// columns maps the folded names of the known columns to their names.
var columns = func() map[string]string {
	all := map[string]string{}
	for _, name := range strings.Split(importColumns, ", ") {
		all[foldColumn(name)] = name
	}
	return all
}()

var columnFolder = strings.NewReplacer(" ", "", "_", "", "-", "")

func foldColumn(name string) string { return columnFolder.Replace(strings.ToLower(name)) }

// readImport reads a whole file. An error means that the file itself could not be read; what is wrong in it is in
// problems.
func readImport(file io.Reader) (*importFile, error) {
	var content bytes.Buffer
	_, err := content.ReadFrom(io.LimitReader(file, MaxImportBytes+1))
	raw := content.Bytes()
	switch {
	case err != nil:
		return nil, harang.Wrap(harang.CodeInvalidRequest, err, "the file cannot be read")
	case len(raw) > MaxImportBytes:
		return nil, harang.Errorf(harang.CodeTooLarge, "a file may have %d bytes at most", MaxImportBytes)
	}
	in := &importFile{
		locations: map[string]*stated[string]{}, partners: map[string]wantedPartner{},
		products: map[string]wantedProduct{}, stock: map[stockKey]wantedStock{}, cells: map[string]string{},
	}
	if len(raw) > maxHeaderBytes && bytes.IndexByte(raw[:maxHeaderBytes], '\n') < 0 {
		in.problems.add(1, "file", "must name the columns in its first line")
		return in, nil
	}
	if long := firstLongLine(raw); long > 0 {
		in.problems.add(long, "file", fmt.Sprintf("is longer than %d KiB", maxLineBytes>>10))
		return in, nil
	}
	text, line := decodeText(raw)
	if line > 0 {
		in.problems.add(line, "file", "is neither UTF-8, UTF-16 nor Windows-1250; save the file as CSV UTF-8")
		return in, nil
	}
	r, skipped := newCSVReader(text)
	header, err := r.Read()
	if err != nil {
		in.problems.add(1+skipped, "file", "must name the columns")
		return in, nil //nolint:nilerr // it is one of the file's problems
	}
	if len(header) > maxImportColumns {
		in.problems.add(1+skipped, "file", fmt.Sprintf("must have at most %d columns", maxImportColumns))
		return in, nil
	}
	r.ReuseRecord = true // lines that are refused cost nothing that stays
	fields := len(header)
	names := in.readHeader(1+skipped, header)
	if len(in.problems.First) > 0 {
		return in, nil
	}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		line := 0
		if len(record) > 0 {
			line, _ = r.FieldPos(0)
		}
		if line > maxImportLines {
			in.problems.add(line+skipped, "file", fmt.Sprintf("is too long: at most %d lines", maxImportLines))
			break
		}
		var parse *csv.ParseError
		if errors.As(err, &parse) {
			if errors.Is(parse.Err, csv.ErrFieldCount) {
				in.problems.addf(parse.Line+skipped, "file", "must have %d fields, as the first line has", fields)
				continue
			}
			in.problems.add(parse.StartLine+skipped, "file", "has a misplaced quotation mark")
			break // after a broken quotation the fields cannot be separated
		}
		if err != nil {
			return nil, harang.Wrap(harang.CodeInvalidRequest, err, "the file cannot be read")
		}
		in.readLine(line+skipped, names, record)
	}
	if len(in.problems.First) == 0 && len(in.rows) == 0 {
		in.problems.add(1+skipped, "file", "has no lines with data")
	}
	return in, nil
}

// firstLongLine returns the first line over maxLineBytes, from 1, or 0.
func firstLongLine(raw []byte) int {
	n := 0
	for line := range bytes.SplitSeq(raw, []byte("\n")) {
		if n++; len(line) > maxLineBytes {
			return n
		}
	}
	return 0
}

// decodeText returns a file's text in UTF-8, composed (NFC) and without a byte order mark: UTF-8, UTF-16, or
// Windows-1250, in which Excel saves CSV in Hungary. A line above 0 is the first that cannot be read.
func decodeText(raw []byte) (text string, line int) {
	decode := func(e encoding.Encoding) string {
		decoded, err := e.NewDecoder().Bytes(raw)
		if err != nil {
			return "\ufffd"
		}
		return string(decoded)
	}
	switch {
	case bytes.HasPrefix(raw, []byte{0xff, 0xfe}), bytes.HasPrefix(raw, []byte{0xfe, 0xff}):
		text = decode(utf16.UTF16(utf16.LittleEndian, utf16.UseBOM))
	case len(raw) >= 2 && raw[0] != 0 && raw[1] == 0:
		text = decode(utf16.UTF16(utf16.LittleEndian, utf16.IgnoreBOM))
	case len(raw) >= 2 && raw[0] == 0 && raw[1] != 0:
		text = decode(utf16.UTF16(utf16.BigEndian, utf16.IgnoreBOM))
	case utf8.Valid(raw):
		text = strings.TrimPrefix(string(raw), "\ufeff")
	case utf8Letters.Match(raw): // damaged UTF-8: as Windows-1250 its letters would be garbage
		return "", 1 + bytes.Count(raw[:invalidAt(raw)], []byte("\n"))
	default:
		text = decode(charmap.Windows1250)
	}
	if i := strings.IndexAny(text, "\ufffd\x00"); i >= 0 {
		return "", 1 + strings.Count(text[:i], "\n")
	}
	return norm.NFC.String(text), 0
}

// utf8Letters are the accented letters of Hungarian, as UTF-8.
var utf8Letters = regexp.MustCompile(`[áéíóöőúüűÁÉÍÓÖŐÚÜŰ]`)

// invalidAt is the offset of the first byte that is not UTF-8.
func invalidAt(raw []byte) int {
	for i := 0; i < len(raw); {
		r, size := utf8.DecodeRune(raw[i:])
		if r == utf8.RuneError && size <= 1 {
			return i
		}
		i += size
	}
	return len(raw)
}

var separatorLine = regexp.MustCompile(`^(?i:"?sep=(.)"?)\r?\n`)

// newCSVReader returns a reader of the lines, whose fields are separated as a first line "sep=;" says, else by the
// most frequent of semicolon, comma and tab in the header; and how many lines come before the header.
func newCSVReader(text string) (r *csv.Reader, skipped int) {
	var comma rune
	if m := separatorLine.FindStringSubmatch(text); m != nil {
		text, skipped = text[len(m[0]):], 1
		comma, _ = utf8.DecodeRuneInString(m[1])
	}
	if !strings.ContainsRune(",;\t|", comma) || comma == 0 {
		header, _, _ := strings.Cut(text, "\n")
		comma = slices.MaxFunc([]rune{',', ';', '\t'}, func(a, b rune) int {
			return cmp.Compare(strings.Count(header, string(a)), strings.Count(header, string(b)))
		})
	}
	r = csv.NewReader(strings.NewReader(text))
	r.Comma = comma
	r.TrimLeadingSpace = comma != '\t' // it would take empty fields for space
	return r, skipped
}

// readHeader returns the known name of each column, "" for a column without one.
func (in *importFile) readHeader(line int, header []string) []string {
	names := make([]string, len(header))
	for i, h := range header {
		name, ok := columns[foldColumn(strings.TrimSpace(h))]
		switch {
		case strings.TrimSpace(h) == "":
			continue // an empty column of a spreadsheet
		case !ok:
			in.problems.add(line, strconv.Quote(h), "is not a known column; known are "+importColumns)
		case slices.Contains(names[:i], name):
			in.problems.add(line, name, "is there twice")
		}
		names[i] = name
	}
	for _, need := range [][2]string{
		{"productName", "productId"}, {"dailyPrice", "productId"}, {"barcodes", "productId"},
		{"locationName", "locationId"},
		{"partnerName", "partnerId"}, {"partnerPhone", "partnerId"}, {"partnerEmail", "partnerId"},
		{"partnerNote", "partnerId"},
		{"quantity", "productId"}, {"quantity", "locationId"}, {"warningThreshold", "productId"},
		{"warningThreshold", "locationId"}, {"criticalThreshold", "productId"}, {"criticalThreshold", "locationId"},
	} {
		missing := slices.Contains(names, need[0]) && !slices.Contains(names, need[1])
		if missing && !slices.ContainsFunc(in.problems.First,
			func(p ImportProblem) bool { return p.Column == need[1] }) {
			in.problems.add(line, need[1], "is missing; "+need[0]+" needs it")
		}
	}
	return names
}

// readLine reads one line.
func (in *importFile) readLine(line int, names, record []string) {
	before := in.problems.count()
	cells := in.cells
	clear(cells)
	for i, name := range names {
		cell := strings.TrimSpace(unescapeCell(strings.TrimSpace(record[i])))
		if cell == "" {
			continue
		}
		if name == "" {
			in.problems.add(line, strconv.Quote(cell), "is in a column without a name")
			continue
		}
		cells[name] = cell
	}
	if len(cells) == 0 {
		return
	}
	text := func(column string) *stated[string] {
		if value, ok := cells[column]; ok {
			return &stated[string]{line, value}
		}
		return nil
	}
	whole := func(column string, units ...string) *stated[int64] {
		value, ok := cells[column]
		if !ok {
			return nil
		}
		n, ok := parseWhole(value, units...)
		if !ok {
			in.problems.addf(line, column, "must be a whole number, not %q", value)
			return nil
		}
		return &stated[int64]{line, n}
	}
	product := wantedProduct{price: whole("dailyPrice", "ft", "huf")}
	stock := wantedStock{line, whole("quantity", "db"), whole("warningThreshold", "db"),
		whole("criticalThreshold", "db")}
	product.barcodes = text("barcodes")
	partner := wantedPartner{phone: text("partnerPhone"), email: text("partnerEmail"), note: text("partnerNote")}
	for _, removable := range []struct {
		column string
		cell   *stated[string]
		number bool
	}{
		{"barcodes", product.barcodes, true}, {"partnerPhone", partner.phone, true},
		{"partnerEmail", partner.email, false}, {"partnerNote", partner.note, false},
	} {
		if removable.cell == nil {
			continue
		}
		short := shortenedNumber.FindString(removable.cell.value)
		if removable.number && short != "" {
			in.problems.addf(line, removable.column,
				"has a number that a spreadsheet shortened: %s; format the column as text", short)
		}
		if slices.Contains(noneCells, removable.cell.value) {
			removable.cell.value = ""
		}
	}
	if codes := product.barcodes; codes != nil {
		codes.value = strings.Join(splitBarcodes(codes.value), " ")
	}
	if in.problems.count() > before {
		return // the numbers are not those of the file
	}
	product.name = text("productName")
	location := text("locationName")
	partner.name = text("partnerName")
	row := importRow{line: line, location: cells["locationId"], partner: cells["partnerId"],
		product: cells["productId"]}
	row.stock = stock.quantity != nil || stock.warning != nil || stock.critical != nil
	priced := product.name != nil || product.price != nil || product.barcodes != nil
	for _, need := range []struct {
		column, id string
		needed     bool
	}{
		{"productId", row.product, priced || row.stock},
		{"locationId", row.location, location != nil || row.stock},
		{"partnerId", row.partner, partner != wantedPartner{}},
	} {
		if need.needed && need.id == "" {
			in.problems.add(line, need.column, "must be filled in")
		}
	}
	if in.problems.count() > before {
		return
	}
	if location != nil {
		in.locations[row.location] = state(&in.problems, "locationName", in.locations[row.location], location)
	}
	if partner != (wantedPartner{}) {
		earlier := in.partners[row.partner]
		in.partners[row.partner] = wantedPartner{
			state(&in.problems, "partnerName", earlier.name, partner.name),
			state(&in.problems, "partnerPhone", earlier.phone, partner.phone),
			state(&in.problems, "partnerEmail", earlier.email, partner.email),
			state(&in.problems, "partnerNote", earlier.note, partner.note),
		}
	}
	if priced {
		earlier := in.products[row.product]
		in.products[row.product] = wantedProduct{
			state(&in.problems, "productName", earlier.name, product.name),
			state(&in.problems, "dailyPrice", earlier.price, product.price),
			state(&in.problems, "barcodes", earlier.barcodes, product.barcodes),
		}
	}
	if row.stock {
		key := stockKey{row.product, row.location}
		if earlier, ok := in.stock[key]; ok {
			in.problems.add(line, "quantity", fmt.Sprintf("repeats the stock of line %d", earlier.line))
		} else {
			in.stock[key] = stock
		}
	}
	in.rows = append(in.rows, row)
}

// state compares a value with that of an earlier line and returns the one that holds.
func state[V comparable](p *ImportProblems, column string, earlier, value *stated[V]) *stated[V] {
	switch {
	case value == nil:
		return earlier
	case earlier == nil:
		return value
	case earlier.value != value.value:
		p.add(value.line, column, fmt.Sprintf("differs from line %d", earlier.line))
	}
	return earlier
}

// noneCells say that something has none of what the column is for, where an empty cell
// keeps what is there: a dash, or what a spreadsheet makes of it. No barcode and no contact is one.
var noneCells = []string{"-", "–", "—"}

// splitBarcodes separates the barcodes of a cell, which are separated by spaces, commas, semicolons or bars.
func splitBarcodes(cell string) []string {
	return strings.FieldsFunc(cell, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;|", r) })
}

// shortenedNumber finds what Excel makes of a long number that it saves: 5,99123E+12.
var shortenedNumber = regexp.MustCompile(`\b[0-9.,]+[eE]\+[0-9]+\b`)

// wholeNumber is a whole number as people and spreadsheets write it: digits, or groups of three with a space
// between them, or with dots when decimals follow; decimals are zeros.
var wholeNumber = regexp.MustCompile(`^([+-]?)(\d+|\d{1,3}(?: \d{3})+|\d{1,3}(?:\.\d{3})+,0+)(?:[.,]0+)?$`)

var spaces = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u2009", " ")

// parseWhole reads a whole number with or without one of the units after it: "4900", "4 900,00 Ft", "-3 db".
// "4.900" and "4,900" may mean two numbers and are refused.
func parseWhole(text string, units ...string) (int64, bool) {
	text = spaces.Replace(text)
	for _, unit := range units {
		if n := len(text) - len(unit); n > 0 && strings.EqualFold(text[n:], unit) {
			text = strings.TrimRight(text[:n], " ")
			break
		}
	}
	text = strings.Replace(text, "\u2212", "-", 1) // the minus sign of spreadsheets
	if strings.Trim(text, "+-0123456789 .,") != "" {
		return 0, false // most texts that are no numbers are found without the expression, which costs more
	}
	m := wholeNumber.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	digits, _, _ := strings.Cut(m[2], ",")
	n, err := strconv.ParseInt(m[1]+strings.NewReplacer(" ", "", ".", "").Replace(digits), 10, 64)
	return n, err == nil
}
