export const hu = {
  due: {
    time: 'Időpont',
    moment: 'Visszavárjuk: {{when}}',
    closed: 'Akkor már zárva van. Visszavárjuk: {{when}}',
  },
};
