// A provider of single sign-on for tests: whoever signs in as NAME is NAME, with any password, in the group "staff".
// Says its address on the first line of standard output.
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const [redirectUri] = process.argv.slice(2);
const server = createServer();
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "pake",
      client_secret: "a secret for tests: 100% & more",
      redirect_uris: [redirectUri],
    },
  ],
  claims: { openid: ["sub"], profile: ["name", "preferred_username", "groups"], email: ["email", "email_verified"] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: async () => ({
      sub: `id-of-${id}`,
      name: `The ${id}`,
      preferred_username: id,
      groups: ["staff"],
      email: `${id}@example.org`,
      email_verified: true,
    }),
  }),
});
server.on("request", provider.callback());
console.log(issuer);
