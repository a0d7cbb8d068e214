export const hu = {
  begin: 'Adatok törlése',
  title: 'Adatok végleges törlése',
  partner:
    '{{name}} neve és kártyái mindenhonnan eltűnnek: a bérlésekről, a fizetésekről, az értesítésekből és a naplóból. Az összegek és az azonosítók megmaradnak. Új bérléshez többé nem választható.',
  user: '{{name}} azonnal kilép minden eszközön, és többé nem léphet be. A neve, az e-mail-címe és a hálózati címei mindenhonnan eltűnnek: az értesítésekből, a bérlésekről és a naplóból. Az azonosítók és az API-kulcsai megmaradnak.',
  final: 'Nem vonható vissza. A korábbi mentésekben és a letöltött fájlokban a név megmarad.',
  type: 'A törléshez írja be a nevet',
  confirm: 'Végleges törlés',
  unfinished_one: 'Előbb fejezze be ezt a bérlést: nincs visszahozva, kifizetve vagy visszatérítve.',
  unfinished_other:
    'Előbb fejezze be a bérléseit: {{count}} vagy több nincs visszahozva, kifizetve vagy visszatérítve.',
};
