import { errorCatalogue } from '#packages/foundation';

export const socketErrors = errorCatalogue({
  'socket.in-use': {
    status: 500,
    todo: 'Another process of this component listens on the socket. End it, or give this one another Socket.',
  },
  'socket.not-a-socket': {
    status: 500,
    todo: 'Something else lies at the path of the socket. Move it away, or set another Socket.',
  },
  'socket.failed': { status: 500, todo: 'Check that the user of the component may write its work folder.' },
});
