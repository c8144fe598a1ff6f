// urql, unmodified: document cache, variables, an error with its code. Prints what it found.
import { Client, cacheExchange, fetchExchange, gql } from "@urql/core";

const [address] = process.argv.slice(2);
const client = new Client({ url: address, exchanges: [cacheExchange, fetchExchange], preferGetMethod: false });
const SERVICES = gql`
  query Services($first: Int!, $after: String) {
    services(first: $first, after: $after) { totalCount nodes { __typename id } pageInfo { hasNextPage endCursor } }
  }
`;
const found = [];
let total;
for (let after = null, more = true; more; ) {
  const { data, error } = await client.query(SERVICES, { first: 5, after }).toPromise();
  if (error) throw error;
  found.push(...data.services.nodes);
  ({ totalCount: total, pageInfo: { endCursor: after, hasNextPage: more } } = data.services);
}
const again = await client.query(SERVICES, { first: 5, after: null }).toPromise();
const wrong = await client.query(SERVICES, { first: 100000 }).toPromise();
const got = new Client({ url: address, exchanges: [fetchExchange], preferGetMethod: "force" });
const byGet = await got.query(gql`{ catalogue { revision } }`, {}).toPromise();
console.log(JSON.stringify({
  total,
  found: found.length,
  distinct: new Set(found.map(({ id }) => id)).size,
  cached: again.operation.context.meta?.cacheOutcome === "hit",
  refused: wrong.error?.graphQLErrors[0]?.extensions?.code ?? null,
  revision: byGet.data.catalogue.revision,
}));
