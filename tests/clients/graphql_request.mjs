// graphql-request, unmodified: answers, and errors with their codes, in both media types. Prints what it found.
import { ClientError, GraphQLClient, gql } from "graphql-request";

const [address] = process.argv.slice(2);
const client = new GraphQLClient(address);
const SERVICES = gql`
  query Services($after: String) {
    services(first: 5, after: $after) { totalCount nodes { id } pageInfo { hasNextPage endCursor } }
  }
`;
const found = [];
let page = { pageInfo: { hasNextPage: true, endCursor: null } };
while (page.pageInfo.hasNextPage) {
  ({ services: page } = await client.request(SERVICES, { after: page.pageInfo.endCursor }));
  found.push(...page.nodes);
}
const codes = [];
for (const [document, variables] of [["{ nothing }", {}], [SERVICES, { after: 1 }], ["{ services(first: -1) { totalCount } }", {}]]) {
  try {
    await client.request(document, variables);
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    codes.push(error.response.errors[0].extensions.code);
  }
}
console.log(JSON.stringify({
  total: page.totalCount,
  found: found.length,
  distinct: new Set(found.map(({ id }) => id)).size,
  codes,
}));
