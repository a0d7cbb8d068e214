import { test } from '../harness/firefox.ts';

test('Firefox: connects after login, and comes back by itself after a crash of the server', async ({
  server,
  firefox,
  other,
}) => {
  const tab = await firefox.open();
  await tab.signIn('manager@budapest.demo');
  await server.end('SIGKILL');
  await tab.status('reconnecting');
  await server.serve();
  await tab.status('connected');
  await other.ring(1, 'utana');
  await tab.expectToast('Próba utana 1');
});
