// oidc-provider in the place of Entra ID and of Google: the paths of one tenant and
// Google's two addresses, over TLS; beside them introspection for mail servers, in clear.
//
// argv: folder of node_modules, port, PEM file (key and chain), tenant, redirect URI,
// JWK set of the client that has a certificate, port of introspection, mailbox that is
// told of tokens of applications, account of a person who was not named. Prints "ready"
// once it listens. Every interaction is answered at once for the account of its
// login_hint, as a person would.
import { createServer as createPlain } from 'node:http';
import { createServer } from 'node:https';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [folder, port, pem, tenant, redirect, jwks, plainPort, owned, person] =
  process.argv.slice(2);
const where = createRequire(`${folder}/`).resolve('oidc-provider');
const { default: Provider } = await import(pathToFileURL(where));

const SCOPE = 'https://outlook.office.com/.default';
const APP_SCOPE = 'https://outlook.office365.com/.default';
const GMAIL_SCOPE = 'https://mail.google.com/';
const host = 'https://login.microsoftonline.com';
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';

const provider = new Provider(`${host}/${tenant}`, {
  scopes: ['openid', 'profile', 'email', 'offline_access', SCOPE, APP_SCOPE,
    GMAIL_SCOPE],
  claims: { profile: ['preferred_username'], email: ['email'] },
  conformIdTokenClaims: false,
  routes: {
    authorization: '/oauth2/v2.0/authorize',
    token: '/oauth2/v2.0/token',
    introspection: '/introspect',
    device_authorization: '/oauth2/v2.0/devicecode',
    code_verification: '/device',
  },
  clients: [
    {
      client_id: 'public', token_endpoint_auth_method: 'none',
      application_type: 'web', redirect_uris: [redirect], response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token', DEVICE],
    },
    {
      client_id: 'secret', client_secret: 'foreign-secret', redirect_uris: [redirect],
      response_types: ['code'], token_endpoint_auth_method: 'client_secret_post',
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      scope: `openid profile offline_access ${SCOPE} ${APP_SCOPE}`,
    },
    {
      client_id: 'certificate', jwks: JSON.parse(jwks), redirect_uris: [],
      response_types: [], grant_types: ['client_credentials'], scope: APP_SCOPE,
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'PS256',
    },
    {
      client_id: 'google', client_secret: 'foreign-secret', redirect_uris: [redirect],
      response_types: ['code'], token_endpoint_auth_method: 'client_secret_post',
      grant_types: ['authorization_code', 'refresh_token'],
    },
    {
      client_id: 'mailserver', client_secret: 'mail-secret', redirect_uris: [],
      response_types: [], grant_types: [],
      token_endpoint_auth_method: 'client_secret_basic',
    },
  ],
  // Told to the mail server, which looks at nothing else.
  extraTokenClaims: (_, token) => ({ mailbox: token.accountId ?? owned }),
  features: {
    introspection: { enabled: true, allowedPolicy: () => true },
    devInteractions: { enabled: false },
    deviceFlow: { enabled: true },
    clientCredentials: { enabled: true },
  },
  pkce: { required: () => true },
  interactions: { url: (_, it) => `/${tenant}/interaction/${it.uid}` },
  issueRefreshToken: async () => true,
  rotateRefreshToken: true,
  ttl: { AccessToken: 3600, ClientCredentials: 3600 },
  cookies: { keys: ['foreign'] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, preferred_username: id, email: id }),
  }),
});
provider.proxy = true;
provider.on('server_error', (_, error) => console.error(error));

async function answered(req, res) {
  const details = await provider.interactionDetails(req, res);
  const account = details.params.login_hint ?? person;
  const result = { login: { accountId: account } };
  if (details.prompt.name === 'consent') {
    const grant = new provider.Grant({
      accountId: details.session.accountId, clientId: details.params.client_id,
    });
    grant.addOIDCScope(details.params.scope);
    result.consent = { grantId: await grant.save() };
    delete result.login;
  }
  await provider.interactionFinished(req, res, result, {
    mergeWithLastSubmission: true,
  });
}

// Google's addresses and those of the tenant that they stand for.
const GOOGLE = {
  '/o/oauth2/v2/auth': '/oauth2/v2.0/authorize', '/token': '/oauth2/v2.0/token',
};
const callback = provider.callback();
createPlain((req, res) => {
  req.headers['x-forwarded-proto'] = 'https';
  callback(req, res);
}).listen(Number(plainPort), '127.0.0.1');
createServer({ key: readFileSync(pem), cert: readFileSync(pem) }, (req, res) => {
  req.headers['x-forwarded-proto'] = 'https';
  // It gives offline_access only where consent is asked for again, Entra always.
  const path = req.url
    .replace(`/${tenant}/v2.0/.well-known`, `/${tenant}/.well-known`)
    .replace('prompt=select_account', 'prompt=consent');
  const [address, query] = path.split('?');
  if (GOOGLE[address]) {
    req.url = GOOGLE[address] + (query ? `?${query}` : '');
  } else {
    req.originalUrl = path; // what is cut off in front is where it stands
    req.url = path.startsWith(`/${tenant}`) ? path.slice(tenant.length + 1) : path;
  }
  if (req.url.startsWith('/interaction/')) {
    answered(req, res).catch((error) => { res.writeHead(500); res.end(String(error)); });
    return;
  }
  callback(req, res);
}).listen(Number(port), '127.0.0.1', () => console.log('ready'));
