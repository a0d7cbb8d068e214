export { FakeServer, Link, type DialMode } from './fake-server.js';
export { FakeEnvironment, jwt, rental } from './fake-environment.js';
