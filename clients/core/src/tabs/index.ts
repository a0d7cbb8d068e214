export { watchForeground, type ChannelPort, type LocksPort, type Tabs } from './browser-tabs.js';
export { shareTabs } from './share-tabs.js';
