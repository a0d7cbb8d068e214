export const hu = {
  scan: {
    looking: 'Keresés: {{code}}',
    found: 'Beolvasva: {{code}}',
    elsewhere: 'Beolvasva: {{code}}. Ezen a telephelyen nincs, máshol igen.',
    unknown: 'Nincs ilyen kód a készletben: {{code}}',
    close: 'Beolvasás elvetése',
  },
  archived: 'kivezetve',
  ask: {
    largeTitle: 'Ekkora a változás?',
    subject: '{{product}} · {{location}}',
    largeChange: '{{before}} db helyett {{after}} db lesz ({{delta}}).',
    largeYes: 'Rögzítés: {{delta}}',
    tooManyTitle: 'Nincs ennyi',
    tooMany: '{{n}} db-ot venne ki, de csak {{quantity}} db van. Kiveszi mindet?',
    tooManyYes: 'Mind a {{quantity}} db kivétele',
  },
};
