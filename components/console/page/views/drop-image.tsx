import { useEffect, useRef, useState } from 'preact/hooks';
import type { InvokeResult } from '#packages/http';
import { requestJson } from '../state/request.ts';
import type { Refusal } from '../state/request.ts';
import type { PageState } from '../state/store.ts';
import { Picture } from './picture.tsx';
import { summaryOf } from './prediction-words.ts';
import { TryModel } from './try-model.tsx';
import { Refused } from './refused.tsx';

interface Dropped {
  readonly file: File;
  readonly bitmap?: ImageBitmap;
  readonly answers: readonly { readonly alias: string; readonly result?: InvokeResult; readonly refusal?: Refusal }[];
}

/** An image that is dropped anywhere on the page, or chosen, is answered by every model that takes images; an .onnx file is tried. */
export function DropImage({ state }: { readonly state: PageState }) {
  const [isOver, setOver] = useState(false);
  const [dropped, setDropped] = useState<Dropped>();
  const [model, setModel] = useState<File>();
  const dialog = useRef<HTMLDialogElement>(null);
  const aliases = (state.models ?? []).filter(({ task }) => task !== 'tensor').map(({ alias }) => alias);
  const known = useRef(aliases);
  known.current = aliases;

  const take = (file: File): void => {
    if (file.name.toLowerCase().endsWith('.onnx')) setModel(file);
    else void answer(file, known.current, setDropped);
  };

  useEffect(() => {
    const over = (event: DragEvent): void => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent): void => void (event.relatedTarget === null && setOver(false));
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      setOver(false);
      const file = event.dataTransfer?.files[0];
      if (file) take(file);
    };
    addEventListener('dragover', over);
    addEventListener('dragleave', leave);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragover', over);
      removeEventListener('dragleave', leave);
      removeEventListener('drop', drop);
    };
  }, []);
  // Once for each image: an answer may come after the dialog was closed, and before the page is told of that.
  const isAsked = dropped !== undefined || model !== undefined;
  useEffect(() => {
    if (isAsked) dialog.current?.showModal();
  }, [isAsked]);

  return (
    <>
      {isOver && <div class="drop-here">Drop an image to see what the models answer, or a model to try it</div>}
      <label class="try-image">
        Try an image or a model
        <input
          type="file"
          accept="image/jpeg,image/png,image/webp,.onnx"
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            event.currentTarget.value = '';
            if (file) take(file);
          }}
        />
      </label>
      <dialog
        ref={dialog}
        aria-label={model ? 'Your model' : 'Answers to your image'}
        onClose={() => {
          setDropped(undefined);
          setModel(undefined);
        }}
      >
        {model && (
          <>
            <header>
              <h2>{model.name}</h2>
              <button type="button" onClick={() => dialog.current?.close()}>
                Close
              </button>
            </header>
            <TryModel file={model} state={state} />
          </>
        )}
        {dropped && !model && (
          <>
            <header>
              <h2>{dropped.file.name}</h2>
              <button type="button" onClick={() => dialog.current?.close()}>
                Close
              </button>
            </header>
            {!state.mayWrite && (
              <p class="todo">Asking needs the token: open the page with the address that npm start prints.</p>
            )}
            {aliases.length === 0 && <p class="empty">No model that takes images is in service.</p>}
            <div class="dropped">
              {dropped.answers.map(({ alias, result, refusal }) => (
                <figure key={alias}>
                  <figcaption>
                    <b>{alias}</b>{' '}
                    {result ? `${summaryOf(result.predictions)}, ${result.timings.totalMs.toFixed(1)} ms` : ''}
                  </figcaption>
                  {refusal && <Refused refusal={refusal} />}
                  {dropped.bitmap && !refusal && (
                    <div class="dropped-picture">
                      <Picture
                        bitmap={dropped.bitmap}
                        predictions={result?.predictions ?? []}
                        name={alias}
                        labelsFrom={260}
                      />
                    </div>
                  )}
                </figure>
              ))}
            </div>
          </>
        )}
      </dialog>
    </>
  );
}

async function answer(
  file: File,
  aliases: readonly string[],
  show: (change: (before?: Dropped) => Dropped | undefined) => void,
): Promise<void> {
  show(() => ({ file, answers: aliases.map((alias) => ({ alias })) }));
  void createImageBitmap(file).then(
    (bitmap) => show((before) => before && { ...before, bitmap }),
    () => undefined,
  );
  await Promise.all(
    aliases.map(async (alias) => {
      const path = `/api/services/${encodeURIComponent(alias)}/answer`;
      const headers = { 'content-type': file.type || 'image/jpeg' };
      const said = await requestJson<InvokeResult>(path, { method: 'POST', body: file, headers }).then(
        (result) => ({ alias, result }),
        (refusal: Refusal) => ({ alias, refusal }),
      );
      // A viewer who has closed the answers wants no more of them.
      show(
        (before) => before && { ...before, answers: before.answers.map((one) => (one.alias === alias ? said : one)) },
      );
    }),
  );
}
