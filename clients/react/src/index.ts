export * from '@harang/client';
export { useWebSocketEvents, type EventDelivery, type WebSocketEvents, type WebSocketEventsOptions } from './use-web-socket-events.js';
