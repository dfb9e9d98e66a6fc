import path from 'node:path';

const PROJECT = path.join(import.meta.dirname, '..');

/** Shows links to files outside of docs/ as the file's path in the repository: the site does not have those files. */
export function pathsOfTheRepository() {
  return (tree, file) => rewrite(tree, path.dirname(file.path));
}

function rewrite(node, folder) {
  node.children?.forEach((child, index) => {
    if (child.type === 'link' && child.url.startsWith('../'))
      node.children[index] = {
        type: 'inlineCode',
        value: path.relative(PROJECT, path.join(folder, child.url.split('#')[0])),
      };
    else rewrite(child, folder);
  });
}
