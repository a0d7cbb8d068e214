export const hu = {
  noAnswerYet: 'A bank {{time}}-kor még nem válaszolt.',
  otherWay: 'Fizetés más módon',
  sameCard: 'Az a kártya, amelyre még nem jött válasz, csak akkor terhelhető újra, ha kiderült a fizetés állapota.',
  undecided: 'Az előző fizetés állapota még nem ismert, addig más módon sem fizethető. Kérdezze le az állapotát.',
};
