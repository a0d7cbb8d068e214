import type { Messages } from '../../../shared/i18n/i18n';
import type { hu } from './hu';

export const en: Messages<typeof hu> = {
  dueToday: {
    title: 'Due back today',
    empty: 'Nothing more is due back today',
    emptyHint: 'What is due today appears here, with the partner’s phone number.',
    at: 'by {{time}}',
  },
  call: 'Call {{name}}, {{phone}}',
  noPhone: 'no phone number',
  more: 'and {{n}} more',
  nothingYet: 'No stock yet',
  nothingYetHint: 'Once there is, what runs low appears here, with the next step.',
  first: {
    title: 'First steps',
    lead: 'Four steps, and the shop can open.',
    done: 'Done',
    locations: {
      name: 'Location',
      todo: 'Where the machines are, with its opening hours.',
      done_one: '{{count}} location',
      done_other: '{{count}} locations',
      act: 'Add a location',
    },
    products: {
      name: 'Products and pieces',
      todo: 'One by one, or all at once from a spreadsheet.',
      waits: 'A location comes first, where the pieces are.',
      noPieces_one: '{{count}} product is there, without pieces yet.',
      noPieces_other: '{{count}} products are there, without pieces yet.',
      done_one: '{{count}} stock item',
      done_other: '{{count}} stock items',
      act: 'Add a product',
      file: 'Load a spreadsheet',
    },
    people: {
      name: 'People',
      todo: 'Only you can sign in now.',
      done_one: '{{count}} person can sign in',
      done_other: '{{count}} people can sign in',
      act: 'Add a person',
    },
    alert: {
      name: 'Test alert',
      todo: 'So you hear and see how the shop calls you.',
      waiting: 'On its way…',
      late: 'It did not arrive.',
      check: 'Where did it stop?',
      done: 'It arrived on this device',
      act: 'Send a test alert',
    },
  },
};
