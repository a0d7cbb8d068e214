export const hu = {
  save: 'CSV letöltése',
  saveOf: '{{list}} CSV',
  saved: 'Letöltve: {{name}}',
};
