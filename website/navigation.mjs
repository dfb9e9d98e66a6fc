/**
 * The order in which the site shows the pages of docs/. Each page is listed once: test/docs/site-navigation.test.ts fails for a page
 * that is missing here, and for a name without a page.
 */
export const NAVIGATION = [
  { section: 'Get started', pages: ['index', 'quick-start', 'glossary'] },
  {
    section: 'Tutorials',
    pages: [
      'first-model',
      'tutorials/from-v1',
      'tutorials/from-edge-manager',
      'tutorials/fleet-with-canaries',
      'tutorials/the-loop',
      'examples',
    ],
  },
  {
    section: 'How-to: cameras and models',
    pages: ['how-to/skipped-frames', 'how-to/two-models', 'how-to/roll-back', 'sources', 'packaging', 'signing', 'console'],
  },
  {
    section: 'How-to: devices',
    pages: [
      'how-to/install-on-hardware',
      'how-to/offline',
      'how-to/upgrade',
      'how-to/disk-use',
      'how-to/size-a-device',
      'how-to/try-in-a-container',
      'deploying',
      'troubleshooting',
    ],
  },
  {
    section: 'How-to: fleets',
    pages: ['how-to/prometheus', 'monitoring', 'operations', 'fleet', 'challenger', 'feedback', 'drift'],
  },
  {
    section: 'Reference',
    pages: [
      'reference/cli',
      'configuration',
      'models',
      'reference/http',
      'reference/messages',
      'reference/events',
      'errors',
      'edge-manager',
      'compatibility',
      'migrating-v1',
      'migrating-edge-manager',
      'migrating-v2-components',
    ],
  },
  {
    section: 'Explanation',
    pages: [
      'architecture',
      'explanation/life-of-a-frame',
      'explanation/life-of-a-model',
      'explanation/ipc-and-http',
      'security',
      'performance',
    ],
  },
];
