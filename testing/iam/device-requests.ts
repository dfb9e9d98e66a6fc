import { deviceNeeds } from '../../tools/lint/account/device-needs.ts';
import type { Need } from '../../tools/lint/account/device-needs.ts';
import { ACCOUNT, REGION } from '../cloud/greengrass.ts';
import type { Permission } from './permissions.ts';

const PLACE = { partition: 'aws', region: REGION, account: ACCOUNT };
const COMPONENTS = ['edgeml.InferenceAgent', 'edgeml.InferenceApp', 'edgeml.FeedbackUploader'];

/** Requests that a device with the collection sends to AWS with the role that it takes by its role alias. */
export function roleRequests(artifactBuckets: readonly string[], sampleBucket: string): readonly Permission[] {
  const subject = { thing: 'gateway-7', roleAlias: 'any', artifactBuckets, sampleBuckets: [sampleBucket] };
  return deviceNeeds({ ...subject, components: COMPONENTS, place: PLACE }).filter(isBy('role'));
}

/** Requests that it sends to AWS IoT with its certificate. */
export function certificateRequests(thing: string, roleAlias: string): readonly Permission[] {
  const subject = { thing, roleAlias, artifactBuckets: [], sampleBuckets: [] };
  return deviceNeeds({ ...subject, components: COMPONENTS, place: PLACE }).filter(isBy('certificate'));
}

function isBy(who: Need['by']) {
  return ({ by }: Need): boolean => by === who;
}
