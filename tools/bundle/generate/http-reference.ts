import { format } from 'prettier';
import type { GeneratedFile } from './generated-file.ts';

interface Operation {
  readonly summary?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly description?: string }[];
}

interface Document {
  readonly info: { readonly title: string };
  readonly servers?: readonly Server[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

interface Server {
  readonly url: string;
}

/** docs/reference/http.md: every route of every component, from the OpenAPI documents that the components serve. */
export async function httpReference(openApi: readonly GeneratedFile[]): Promise<GeneratedFile> {
  const sections = openApi.map(({ content, path }) => section(JSON.parse(content) as Document, path));
  return {
    path: 'docs/reference/http.md',
    content: await format([HEADING, ...sections].join('\n\n'), { parser: 'markdown' }),
  };
}

const HEADING = `# HTTP API

Every component serves HTTP/1.1 on Unix sockets in its work folder, and describes itself at \`GET /openapi.json\` (OpenAPI 3.1). \`npm run generate\`
writes this page from those documents. An error has the body \`{"error": {code, message, todo}}\`; [errors](../errors.md) lists the codes.

\`\`\`sh
curl --unix-socket .edgeml/core/work/edgeml.InferenceAgent/agent.sock http://agent/v1/models
\`\`\`

The agent also speaks the Open Inference Protocol (\`/v2/…\`), the protocol of Triton and KServe: [models](../models.md) describes it.`;

function section(document: Document, file: string): string {
  const title = document.info.title;
  const routes = Object.entries(document.paths).flatMap(([path, item]) => {
    const servers = (item['servers'] ?? document.servers ?? []) as readonly Server[];
    return Object.entries(item)
      .filter(([method]) => METHODS.has(method))
      .map(([method, operation]) => route(method, path, operation as Operation, servers));
  });
  return [`## ${title}`, `Schema: \`${file}\`.`, ...routes].join('\n\n');
}

const METHODS = new Set(['get', 'post', 'put', 'delete', 'patch', 'head']);

function route(method: string, path: string, operation: Operation, servers: readonly Server[]): string {
  const sockets = servers.map(({ url }) => `\`${url.replace('http://', '')}\``).join(', ');
  const parameters = (operation.parameters ?? []).filter((parameter) => parameter.in !== 'path');
  return [
    `### \`${method.toUpperCase()} ${path}\``,
    `${operation.summary ?? ''}${sockets === '' ? '' : ` On ${sockets}.`}`,
    ...(parameters.length === 0
      ? []
      : [
          parameters
            .map(
              ({ name, in: place, description }) => `- \`${name}\` (${place})${description ? `: ${description}` : ''}`,
            )
            .join('\n'),
        ]),
  ].join('\n\n');
}
