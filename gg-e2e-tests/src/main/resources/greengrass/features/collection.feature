@EdgeML
Feature: The collection on a device of your account

  Versions are the newest that are published in the account and region. A model component starts only when its model has passed its golden
  test on the device, therefore a completed deployment says that the model gives the right answers there.

  Background:
    Given my device is registered as a Thing
    And my device is running Greengrass

  @Collection
  Scenario: It is installed from the account, and answers images
    When I create a Greengrass deployment with components
      | edgeml.Runtime             | LATEST |
      | edgeml.InferenceAgent      | LATEST |
      | edgeml.model.PartsDetector | LATEST |
      | edgeml.InferenceApp        | LATEST |
    # The sample models are not signed, and a published agent refuses such models unless it is configured otherwise.
    And I update my Greengrass deployment configuration, setting the component edgeml.InferenceAgent configuration to:
      """
      {"MERGE": {"SignaturePolicy": "warn"}}
      """
    And I deploy the Greengrass deployment configuration
    Then the Greengrass deployment is COMPLETED on the device after 900 seconds
    And the edgeml.InferenceAgent log on the device contains the line "model.activated" within 60 seconds
    And the edgeml.InferenceApp log on the device contains the line "source.recognized" within 120 seconds

  @Signatures
  Scenario: A model that is not signed fails its deployment
    When I create a Greengrass deployment with components
      | edgeml.Runtime             | LATEST |
      | edgeml.InferenceAgent      | LATEST |
      | edgeml.model.PartsDetector | LATEST |
    And I deploy the Greengrass deployment configuration
    Then the Greengrass deployment is FAILED on the device after 900 seconds
    And the edgeml.model.PartsDetector log on the device contains the line "signature.missing" within 10 seconds

  @Configuration
  Scenario: A setting that nobody knows fails its deployment
    When I create a Greengrass deployment with components
      | edgeml.Runtime        | LATEST |
      | edgeml.InferenceAgent | LATEST |
    And I deploy the Greengrass deployment configuration
    Then the Greengrass deployment is COMPLETED on the device after 900 seconds
    When I update my Greengrass deployment configuration, setting the component edgeml.InferenceAgent configuration to:
      """
      {"MERGE": {"GoldenPolcy": "require"}}
      """
    And I deploy the Greengrass deployment configuration
    Then the Greengrass deployment is FAILED on the device after 300 seconds
