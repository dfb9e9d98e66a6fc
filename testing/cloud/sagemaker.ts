import type { Handlers } from './greengrass.ts';
import { ServiceFault } from './service-fault.ts';

/** The model registry of SageMaker: packages by ARN, in the form of DescribeModelPackage. */
export class SageMakerStandIn {
  readonly packages = new Map<string, Record<string, unknown>>();
  readonly trainingJobs = new Map<string, Record<string, unknown>>();

  readonly handlers: Handlers = {
    DescribeModelPackage: ({ ModelPackageName }) => {
      const found = this.packages.get(ModelPackageName);
      if (!found)
        throw new ServiceFault('ValidationException', 400, `ModelPackage ${ModelPackageName} does not exist.`);
      return found;
    },
    DescribeTrainingJob: ({ TrainingJobName }) => {
      const found = this.trainingJobs.get(TrainingJobName);
      if (!found) throw new ServiceFault('ResourceNotFound', 400, `Training job ${TrainingJobName} not found`);
      return found;
    },
  };
}
