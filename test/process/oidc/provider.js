// An OpenID provider for tests: `node provider.js '{port, tls, client, accessTokenSeconds}'`.  Anybody can log in, with
// any password; consent is not asked for.  The client gets tokens of its own, too.  Prints "ready" when it serves.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';

import Provider from 'oidc-provider';

const options = JSON.parse(process.argv[2]);
const scheme = options.tls ? 'https' : 'http';
const provider = new Provider(`${scheme}://${options.host}:${options.port}`, {
  clients: [options.client],
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  features: { clientCredentials: { enabled: true } },
  issueRefreshToken: () => true,
  rotateRefreshToken: false,
  async loadExistingGrant(context) {
    const grant = new context.oidc.provider.Grant({
      accountId: context.oidc.session.accountId,
      clientId: context.oidc.client.clientId,
    });
    grant.addOIDCScope('openid email');
    await grant.save();
    return grant;
  },
  ttl: { AccessToken: options.accessTokenSeconds, ClientCredentials: options.accessTokenSeconds, IdToken: 3600, Session: 3600, Grant: 3600, Interaction: 600, RefreshToken: 3600 },
  cookies: { keys: ['of no importance'] },
});
const handler = provider.callback();
const server = options.tls
  ? https.createServer({ cert: readFileSync(options.tls.cert), key: readFileSync(options.tls.key) }, handler)
  : http.createServer(handler);
server.listen(options.port, '127.0.0.1', () => console.log('ready'));
