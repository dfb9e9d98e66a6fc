import { hashPicture } from './duplicates/picture-hash.ts';
import { garbageCollector } from './memory/buffer-relief.ts';
import { answerRedactions } from './redaction/process/answer-redactions.ts';
import { redactImage } from './redaction/redact-image.ts';

/** Entry point of the bundle `redactor.js`: hides areas in, and hashes, the images that come on its standard input, until that ends. */
void answerRedactions(process.stdin, process.stdout, { redact: redactImage, hash: hashPicture }, garbageCollector());
