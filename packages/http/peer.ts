/** The other side of a connection: its name in messages, and the codes of its errors. */
export interface Peer {
  readonly name: string;
  readonly codes: {
    readonly unreachable: 'agent.unreachable' | 'app.unreachable' | 'feedback.unreachable';
    readonly connectionLost: 'agent.connection-lost' | 'app.connection-lost' | 'feedback.connection-lost';
    readonly timeout: 'agent.timeout' | 'app.timeout' | 'feedback.timeout';
    readonly badAnswer: 'agent.bad-answer' | 'app.bad-answer' | 'feedback.bad-answer';
  };
}

export const AGENT: Peer = {
  name: 'the agent',
  codes: {
    unreachable: 'agent.unreachable',
    connectionLost: 'agent.connection-lost',
    timeout: 'agent.timeout',
    badAnswer: 'agent.bad-answer',
  },
};

export const APPLICATION: Peer = {
  name: 'the application',
  codes: {
    unreachable: 'app.unreachable',
    connectionLost: 'app.connection-lost',
    timeout: 'app.timeout',
    badAnswer: 'app.bad-answer',
  },
};

export const FEEDBACK_UPLOADER: Peer = {
  name: 'the feedback uploader',
  codes: {
    unreachable: 'feedback.unreachable',
    connectionLost: 'feedback.connection-lost',
    timeout: 'feedback.timeout',
    badAnswer: 'feedback.bad-answer',
  },
};
