export * from '@harang/client';
export { watchForeground } from '@harang/client/tabs';
export { useWebSocketEvents, type EventDelivery, type WebSocketEvents, type WebSocketEventsOptions } from './use-web-socket-events.js';
