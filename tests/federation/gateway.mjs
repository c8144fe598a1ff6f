// Composes govgraph with the two subgraphs beside this file, and answers operations through a gateway over govgraph and
// the first of them (@graphql-tools/federation does not plan @interfaceObject well):
//   node gateway.mjs URL '[{"query", "variables"}, …]'
// Prints {"composition": [errors], "answers": [{data, errors, asked: {subgraph: [sizes of lists in each request]}}]}.
import { readFileSync } from "node:fs";
import { composeServices } from "@theguild/federation-composition";
import { getStitchedSchemaFromSupergraphSdl } from "@graphql-tools/federation";
import { buildASTSchema, concatAST, execute, parse, print, validate } from "graphql";

const url = process.argv[2];
async function overHttp({ document, variables }) {
  const body = JSON.stringify({ query: print(document), variables });
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  return response.json();
}

function local(name, resolvers) {
  const typeDefs = parse(readFileSync(new URL(`${name}.graphql`, import.meta.url), "utf8"));
  const type = typeDefs.definitions.find((one) => one.directives?.some((d) => d.name.value === "key")).name.value;
  const gateway = `scalar _Any union _Entity = ${type} extend type Query { _entities(representations: [_Any!]!): [_Entity]! }`;
  const schema = buildASTSchema(concatAST([typeDefs, parse(gateway)]), { assumeValidSDL: true });
  const rootValue = {
    ...resolvers.Query,
    _entities: ({ representations }) => representations.map((one) => ({ ...resolvers.entity(one), __typename: type })),
  };
  const executor = ({ document, variables }) => execute({ schema, document, rootValue, variableValues: variables });
  return { typeDefs, executor };
}

const sdl = (await overHttp({ document: parse("{ _service { sdl } }") })).data._service.sdl;
const first = (await overHttp({ document: parse("{ services(first: 1) { nodes { iri id } } }") })).data.services.nodes[0];
const satisfaction = local("satisfaction", {
  Query: {
    bestRated: { __typename: "Service", iri: first.iri, satisfaction: 0.9 },
    pageOfRatings: { hasNextPage: false, hasPreviousPage: false },
  },
  entity: ({ iri }) => ({ iri, satisfaction: iri.length }),
});
const comments = local("comments", { Query: {}, entity: ({ id }) => ({ id, comments: [] }) });
const govgraph = { name: "govgraph", url, typeDefs: parse(sdl) };
const subgraph = (name, { typeDefs }) => ({ name, url: `http://${name}.invalid/`, typeDefs });
const pair = [govgraph, subgraph("satisfaction", satisfaction)];
const composed = [composeServices(pair), composeServices([...pair, subgraph("comments", comments)])];
const composition = composed.flatMap(({ errors }) => (errors ?? []).map((error) => error.message));
const answers = [];
if (composition.length === 0) {
  let asked;
  const executors = { govgraph: overHttp, satisfaction: satisfaction.executor };
  const schema = getStitchedSchemaFromSupergraphSdl({
    supergraphSdl: composed[0].supergraphSdl,
    batch: true,
    onSubschemaConfig(config) {
      const name = config.name.toLowerCase();
      config.executor = (request) => {
        (asked[name] ??= []).push(Object.values(request.variables ?? {}).filter(Array.isArray).map((list) => list.length));
        return executors[name](request);
      };
    },
  });
  for (const { query, variables } of JSON.parse(process.argv[3])) {
    asked = {};
    const errors = validate(schema, parse(query));
    if (errors.length > 0) throw errors[0];
    const answer = await execute({ schema, document: parse(query), variableValues: variables, contextValue: {} });
    answers.push({ ...answer, asked });
  }
}
console.log(JSON.stringify({ composition, answers }));
