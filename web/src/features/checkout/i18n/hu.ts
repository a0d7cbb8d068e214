export const hu = {
  scan: {
    hint: 'Olvassa be a kódját, vagy írja be a nevét.',
    looking_one: 'Keresés: {{count}} kód…',
    looking_other: 'Keresés: {{count}} kód…',
    added: 'Hozzáadva: {{product}} ({{n}} db a kosárban)',
    soldOut: 'Elfogyott: {{product}} (kód: {{code}})',
    allTaken: 'Nincs több: {{product}} (kód: {{code}}), mind a {{n}} db a kosárban van',
    notHere: 'Ezen a telephelyen nincs: {{product}} (kód: {{code}})',
    archived: 'Kivezetve, nem adható ki: {{product}} (kód: {{code}})',
    unknown: 'Nincs ilyen kód vagy termék: {{code}}',
    failed: 'Nem sikerült megkeresni: {{code}}. Olvassa be újra.',
    otherStep: 'Nem került a kosárba: {{code}}. A Tételek lépésnél olvassa be.',
    close: 'Üzenet bezárása: {{code}}',
  },
  kept: {
    label: 'Ennyi ideig vannak félretéve a darabok',
    until: 'A darabok {{time}}-ig félre vannak téve.',
    over: 'A 30 perc letelt, a darabok visszakerülnek a készletbe.',
    expired: 'A bérlést nem fizették ki időben, ezért lemondva. A darabok visszakerültek a készletbe.',
  },
  unsettled:
    'Lehet, hogy a bérlés már elindult. Küldje el újra: így sem indul kétszer, és a kártyát sem terheli kétszer.',
  again: 'Küldés újra',
};
