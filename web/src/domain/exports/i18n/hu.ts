export const hu = {
  save: 'CSV letöltése',
  saved: 'Letöltve: {{name}}',
};
