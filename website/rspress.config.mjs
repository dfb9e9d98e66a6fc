import path from 'node:path';
import { defineConfig } from '@rspress/core';
import navigation from './navigation.json' with { type: 'json' };
import { pathsOfTheRepository } from './paths-of-the-repository.mjs';
import { sidebar } from './sidebar.mjs';

const DOCS = path.join(import.meta.dirname, '../docs');

export default defineConfig({
  root: DOCS,
  outDir: path.join(import.meta.dirname, 'dist'),
  title: 'EdgeML',
  description: 'Run ONNX models next to the camera with AWS IoT Greengrass v2',
  // Set EDGEML_SITE_BASE if the site is served from a folder of its host, e.g. `/edgeml/`.
  base: process.env.EDGEML_SITE_BASE ?? '/',
  themeConfig: {
    sidebar: { '/': sidebar(DOCS, navigation) },
    nav: [
      { text: 'Quick start', link: '/quick-start' },
      { text: 'Tutorials', link: '/first-model' },
      { text: 'How-to', link: '/how-to/skipped-frames' },
      { text: 'Reference', link: '/reference/cli' },
      { text: 'Explanation', link: '/architecture' },
      { text: 'Glossary', link: '/glossary' },
    ],
  },
  markdown: {
    // Links to files outside of docs/ become paths, see below; test/docs/links.test.ts checks that those files exist.
    link: { checkDeadLinks: { excludes: (url) => url.startsWith('../') }, checkAnchors: true },
    remarkPlugins: [pathsOfTheRepository],
  },
  // Pictures are named relative to their page, as GitHub takes them.
  builderConfig: { tools: { rspack: { resolve: { preferRelative: true } } } },
});
