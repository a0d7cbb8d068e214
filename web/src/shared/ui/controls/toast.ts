export { Toast } from '@base-ui/react/toast';
