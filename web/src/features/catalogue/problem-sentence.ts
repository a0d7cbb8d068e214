import type { ImportProblem } from '../../api/imports';
import { type MessageKey, messageOf } from '../../shared/i18n/i18n';

type Sentence = MessageKey extends infer Key
  ? Key extends `catalogue:import.problem.${infer Name}`
    ? Name
    : never
  : never;

// The server's sentences are English and for developers; contract/import-problems.json has one of each.
const sentences: readonly [RegExp, Sentence][] = [
  [/^must be filled in: there is no product "(?<id>.*)"$/, 'newProduct'],
  [/^must be filled in: this product has no stock/, 'newStock'],
  [/^must be filled in$/, 'mustBeFilled'],
  [/^\w+ "(?<id>.*)" does not exist and no line names it$/, 'unknownThing'],
  [/^must be a whole number, not "(?<value>.*)"$/, 'wholeNumber'],
  [/^must be from (?<least>-?\d+) to (?<most>\d+)$/, 'range'],
  [/^must be 0 or at least the critical threshold$/, 'levels'],
  [/^must not be empty$/, 'empty'],
  [/^may have (?<most>\d+) characters at most$/, 'long'],
  [/^must not contain control characters$/, 'control'],
  [/^must not contain the invisible character/, 'invisible'],
  [/^must contain a letter or digit$/, 'noLetter'],
  [/^must not contain a space, comma/, 'barcodeSign'],
  [/^must be one telephone number/, 'phone'],
  [/^must have (?<least>\d+) to (?<most>\d+) digits$/, 'phoneDigits'],
  [/^must be an e-mail address/, 'email'],
  [/^is there twice$/, 'twice'],
  [/^may be (?<most>\d+) at most$/, 'barcodesMany'],
  [/^(?<code>.*) is a barcode or the id of product "(?<id>.*)"$/, 'barcodeTaken'],
  [/^has a number that a spreadsheet shortened: (?<value>.*); format/, 'shortened'],
  [/^repeats the stock of line (?<line>\d+)$/, 'repeatsStock'],
  [/^differs from line (?<line>\d+)$/, 'differs'],
  [/^must name the columns/, 'header'],
  [/^is longer than (?<most>\d+) KiB$/, 'longLine'],
  [/^is neither UTF-8/, 'encoding'],
  [/^must have at most (?<most>\d+) columns$/, 'manyColumns'],
  [/^is too long: at most (?<most>\d+) lines$/, 'manyLines'],
  [/^must have (?<n>\d+) fields/, 'fields'],
  [/^has a misplaced quotation mark$/, 'quotes'],
  [/^has no lines with data$/, 'noData'],
  [/^is not a known column; known are (?<known>.*)$/, 'unknownColumn'],
  [/^is missing; (?<column>\w+) needs it$/, 'missingColumn'],
  [/^is in a column without a name$/, 'unnamedColumn'],
];

/** What is wrong in a cell, in the page's language; the server's own sentence when it is a new one. */
export function problemSentence({ detail }: Pick<ImportProblem, 'detail'>): string {
  for (const [pattern, name] of sentences) {
    const found = pattern.exec(detail);
    const sentence = found && messageOf('catalogue', `import.problem.${name}`, found.groups ?? {});
    if (sentence) return sentence;
  }
  return messageOf('catalogue', 'import.problem.other', { detail }) ?? detail;
}
