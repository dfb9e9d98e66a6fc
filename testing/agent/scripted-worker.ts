import { serveHere } from '../../components/inference-agent/instance/serve-here.ts';
import { openScripted, prepareScripted } from './scripted-model.ts';

/** The worker entry of tests: the real protocol around a model that does what the test says. */
serveHere(openScripted, () => prepareScripted);
