import { sveltekit } from '@sveltejs/kit/vite';
import { announcerWithoutInlineStyle } from './tools/announcer.js';
import { defineConfig } from 'vitest/config';

const api = process.env.API ?? 'http://127.0.0.1:4173';

export default defineConfig({
  plugins: [announcerWithoutInlineStyle(), sveltekit()],
  // Scripts and styles stay in files of their own: a strict content security policy refuses data: URLs.
  build: { assetsInlineLimit: 0 },
  server: { proxy: { '/api': api } },
  test: { include: ['src/**/*.test.ts', 'tools/**/*.test.ts'], environment: 'node' },
});
