import type { hu } from './hu';

export const en: typeof hu = {
  begin: 'Erase data',
  title: 'Erase data for good',
  partner:
    'The name and cards of {{name}} disappear everywhere: from rentals, payments, notifications and the log. Sums and ids stay. No new rental can be made for them.',
  user: '{{name}} is signed out on every device at once and can never sign in again. The name, e-mail address and network addresses disappear everywhere: from notifications, rentals and the log. Ids and API keys stay.',
  final: 'It cannot be undone. Earlier backups and files that were saved keep the name.',
  type: 'Type the name to erase it',
  confirm: 'Erase for good',
  unfinished_one: 'Finish this rental first: it is out, unpaid or being refunded.',
  unfinished_other: 'Finish the rentals first: {{count}} or more are out, unpaid or being refunded.',
};
