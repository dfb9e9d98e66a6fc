/** Gives the elements in random order, all of them before any comes again. */
export function shuffled<Element>(elements: readonly Element[], random: () => number): () => Element {
  let left: Element[] = [];
  return () => {
    if (left.length === 0) left = [...elements];
    const [taken] = left.splice(Math.floor(random() * left.length), 1);
    if (taken === undefined) throw new Error('there is nothing to choose from');
    return taken;
  };
}
