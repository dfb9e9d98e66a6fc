export { Serial } from '../../common/scheduling/serial.ts';
