// Starts the web application's mock server, not set up yet, on a free port.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export async function startMock() {
  const script = fileURLToPath(new URL('../../../web/mock/server.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, '--port', '0', '--fresh', '--pace', '120'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const base = await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the mock server ended with ${code}`)));
    child.stdout.on('data', (data) => {
      const address = /ready (\S+)/.exec(String(data))?.[1];
      if (address) resolve(address);
    });
  });
  return { base, setupToken: 'setup-token', stop: () => child.kill() };
}
