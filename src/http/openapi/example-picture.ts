/** A handwritten 7 as the sample model sees it: a PNG of 28 x 28 px, in base64. */
export const examplePicture: string =
  'iVBORw0KGgoAAAANSUhEUgAAABwAAAAcAgMAAAAPYzcHAAAADFBMVEX///8bGxt4eHi9vb07dOX+AAAACXBIWXMAAAsSAAALEgHS' +
  '3X78AAAAUklEQVQI12NgIAL8awASfCtDQxOANGdoaGgBkGZatf5rA0Re9QCEvgZVPwVCMcdAaMYECM1ZAKFZ0bSJQbVdR9XOEIFq' +
  'DHMAhGZKQKWZG/A4HQB8CxBMF/tcbwAAAABJRU5ErkJggg==';
